# SPDX-License-Identifier: Apache-2.0
# Regular expressions, hashes, sorting and numbers in portions; the argument is how many.
use strict;
use warnings;

my $sum = 0;
for my $round (1 .. $ARGV[0]) {
    my (%counts, @lines);
    for my $i (1 .. 1500) {
        push @lines, sprintf("%05d user%d [%x] \"GET /page/%d.html\" %d", $i, $i * 7 % 97, $i * 2654435761 % 65536, $i % 13, 200 + $i % 5);
    }
    for (@lines) {
        next unless /^(\d+) (\w+) \[([0-9a-f]+)\] "GET (\S+)" (\d{3})$/;
        $counts{$4}{$2} += hex($3) + $5;
    }
    for my $page (sort keys %counts) {
        my @users = sort { $counts{$page}{$b} <=> $counts{$page}{$a} || $a cmp $b } keys %{ $counts{$page} };
        $sum = ($sum * 31 + $counts{$page}{ $users[0] } + length(join(",", map { uc } @users))) % 2147483647;
    }
    my $text = join(" ", @lines);
    $text =~ s/user(\d+)/"u" . ($1 + $round)/ge;
    $sum = ($sum + ($text =~ tr/0-9//)) % 2147483647;
}
print "$sum\n";
