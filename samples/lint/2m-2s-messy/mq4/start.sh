mkdir -p /data/rocketmq-4.9.2store/commitlog /consumequeue
cd /usr/local/rocketmq-4.9.2/bin
nohup sh mqbroker -c ../conf/broker-b-s.properties > /dev/null 2>&1 &
sh ../benchmark/producer.sh -n 10.20.1.11:9876;10.20.1.12:9876
