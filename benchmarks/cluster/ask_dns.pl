# Asks a name server over UDP, every INTERVAL seconds, until it answers with an address; prints "answered" then.
# perl - SERVER NAME INTERVAL SECONDS
use strict;
use warnings;
use IO::Socket::INET;

my ($server, $name, $interval, $seconds) = @ARGV;
my $question = join('', map { pack 'C/a*', $_ } split /\./, $name) . "\0" . pack 'n2', 1, 1;
my $end = time + $seconds;

sub not_yet { select undef, undef, undef, $interval; return 0 }

sub answered {
    # A new socket each time: the kernel remembers where the packets of an old one went.
    my $socket = IO::Socket::INET->new(PeerAddr => $server, PeerPort => 53, Proto => 'udp') or return not_yet();
    send $socket, pack('n6', int rand 65536, 0x0100, 1, 0, 0, 0) . $question, 0 or return not_yet();
    my $readable = '';
    vec($readable, fileno $socket, 1) = 1;
    select $readable, undef, undef, $interval or return 0;    # it has waited already
    defined recv $socket, my $reply, 512, 0 or return not_yet();
    my (undef, $flags, undef, $answers) = unpack 'n4', $reply;
    return 1 if defined $answers && !($flags & 0xF) && $answers > 0;
    return not_yet();
}

while (time < $end) {
    if (answered()) { print "answered\n"; exit 0 }
}
exit 1;
