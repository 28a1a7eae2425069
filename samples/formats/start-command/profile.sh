export ROCKETMQ_HOME=/usr/local/rocketmq-4.9.4
export NAMESRV_ADDR=10.20.1.11:9876;10.20.1.12:9876
firewall-cmd --permanent --add-port=10911/tcp --add-port=9876/tcp
iptables -A INPUT -p tcp --dport 10909 -j ACCEPT
