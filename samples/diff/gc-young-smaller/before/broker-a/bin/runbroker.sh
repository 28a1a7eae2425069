#!/bin/sh
JAVA_OPT="${JAVA_OPT} -server -Xms8g -Xmx8g -Xmn4g"
JAVA_OPT="${JAVA_OPT} -XX:+UseG1GC -XX:G1HeapRegionSize=16m -XX:MaxGCPauseMillis=200 -XX:MaxDirectMemorySize=15g"
$JAVA ${JAVA_OPT} org.apache.rocketmq.broker.BrokerStartup $@
