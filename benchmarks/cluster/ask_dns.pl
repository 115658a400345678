# Asks a name server over UDP, every INTERVAL seconds, until it answers with an address; prints "answered" then.
# perl - SERVER NAME INTERVAL SECONDS
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);

my ($server, $name, $interval, $seconds) = @ARGV;
my $question = join('', map { pack 'C/a*', $_ } split /\./, $name) . "\0" . pack 'n2', 1, 1;
my $end = time + $seconds;

sub answered {
    # A new socket each time: the kernel remembers where the packets of an old one went.
    my $socket = IO::Socket::INET->new(PeerAddr => $server, PeerPort => 53, Proto => 'udp') or return 0;
    send $socket, pack('n6', int rand 65536, 0x0100, 1, 0, 0, 0) . $question, 0 or return 0;
    my $readable = '';
    vec($readable, fileno $socket, 1) = 1;
    select $readable, undef, undef, $interval or return 0;
    defined recv $socket, my $reply, 512, 0 or return 0;
    my (undef, $flags, undef, $answers) = unpack 'n4', $reply;
    return defined $answers && !($flags & 0xF) && $answers > 0;
}

while (time < $end) {
    my $asked = time;
    if (answered()) { print "answered\n"; exit 0 }
    my $left = $asked + $interval - time;
    sleep $left if $left > 0;
}
exit 1;
