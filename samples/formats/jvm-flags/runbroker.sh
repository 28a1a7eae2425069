#!/bin/sh
# Start script of the broker
JAVA_OPT="${JAVA_OPT} -server -Xms8g -Xmx8g"
choose_gc_options()
{
    JAVA_MAJOR_VERSION=$("$JAVA" -version 2>&1 | head -1 | cut -d'"' -f2 | sed 's/^1\.//' | cut -d'.' -f1)
    if [ -z "$JAVA_MAJOR_VERSION" ] || [ "$JAVA_MAJOR_VERSION" -lt "8" ] ; then
      JAVA_OPT="${JAVA_OPT} -Xmn4g -XX:+UseConcMarkSweepGC"
    else
      JAVA_OPT="${JAVA_OPT} -XX:+UseG1GC -XX:G1HeapRegionSize=16m"
    fi
}
choose_gc_options
JAVA_OPT="${JAVA_OPT} -XX:MaxGCPauseMillis = 20"
#JAVA_OPT="${JAVA_OPT} -Xdebug"
JAVA_OPT="${JAVA_OPT} -XX:MaxDirectMemorySize=15g"
JAVA_OPT="${JAVA_OPT} ${JAVA_OPT_EXT}"
