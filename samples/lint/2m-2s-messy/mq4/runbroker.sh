#!/bin/sh
JAVA_OPT="${JAVA_OPT} -server -Xms8g -Xmx16g -Xmn4g"
JAVA_OPT="${JAVA_OPT} -XX:+UseG1GC -XX:MaxGCPauseMillis = 20 -XX:+AlwaysPreTouch"
JAVA_OPT="${JAVA_OPT} -XX:MaxDirectMemorySize=15g -Xloggc:/dev/shm/mq_gc_%p.log"
JAVA_OPT="${JAVA_OPT} -Djava.ext.dirs=${JAVA_HOME}/jre/lib/ext"
$JAVA ${JAVA_OPT} $@
