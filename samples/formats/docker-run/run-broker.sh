#!/bin/sh
docker run -d \
  --name rmqbroker \
  --restart=always \
  -p 10911:10911 -p 10912:10912 \
  -v /data/rocketmq/store:/home/rocketmq/store \
  -e "NAMESRV_ADDR=10.20.1.11:9876;10.20.1.12:9876" \
  -e "JAVA_OPT_EXT=-Xms512m -Xmx512m" \
  --memory=2g \
  apache/rocketmq:5.1.4 sh mqbroker -c /home/rocketmq/conf/broker.conf
docker run -d --name redis -p 6379:6379 redis
