using System.Globalization;

namespace MicroVm.SystemTests.Guests;

/// <summary>Network, vsock, metadata and the serial port between a stock kernel and its host.</summary>
[Collection(GuestHostFixture.Collection)]
public sealed class GuestTrafficTests(GuestHostFixture host) : DeviceGuestTests(host)
{
    // virtio 1.2 section 5.1.3.
    private const int Checksum = 0;
    private const int GuestChecksum = 1;
    private const int MtuKnown = 3;
    private const int GuestTso4 = 7;
    private const int HostTso4 = 11;
    private const int MergeableBuffers = 15;

    private static readonly TimeSpan s_streamLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public Task Net_HasItsAddressMtuAndOffloads_AnswersPingBothWays() => AttemptAsync(async () =>
    {
        Assert.Equal(DeviceGuest.GuestMac, await Guest.RunAsync("cat /sys/class/net/eth0/address"));
        Assert.Equal($"{DeviceGuest.Mtu}", await Guest.RunAsync("cat /sys/class/net/eth0/mtu"));
        string features = await Guest.RunAsync("cat /sys/class/net/eth0/device/features");
        Assert.All([Checksum, GuestChecksum, MtuKnown, GuestTso4, HostTso4, MergeableBuffers], bit => Assert.Equal('1', features[bit]));
        Assert.Contains("0% packet loss", await Guest.RunAsync($"ping -c 3 -i 0.2 -s 1372 {DeviceGuest.HostAddress}"), StringComparison.Ordinal);
        Assert.Contains(
            "0% packet loss",
            await Guest.OnDeviceAsync("ping", $"ping -c 3 -i 0.2 -s 4000 {DeviceGuest.GuestAddress}"),
            StringComparison.Ordinal);
    });

    [Fact]
    public Task Net_TcpStreams_ArriveWholeBothWays() => AttemptAsync(async () =>
    {
        string sum = await Guest.RunAsync("md5sum </tmp/data");
        await Guest.OnDeviceAsync(
            "listen", $"{Tools} socat -u TCP4-LISTEN:5001 CREATE:net-in </dev/null >/dev/null 2>&1 & echo $! >net.pid; {Listening(5001)}");
        await Guest.RunAsync($"socat -u OPEN:/tmp/data TCP4:{DeviceGuest.HostAddress}:5001", s_streamLimit);
        Assert.Equal(sum, await Guest.OnDeviceAsync("sum", $"{Ended("net.pid")}; md5sum <net-in"));

        await Guest.RunAsync($"socat -u TCP4-LISTEN:5002 CREATE:/tmp/net-in </dev/null >/dev/null 2>&1 & echo $! >/tmp/net.pid; {Listening(5002)}");
        await Guest.OnDeviceAsync("stream", $"{Tools} socat -u OPEN:net-in TCP4:{DeviceGuest.GuestAddress}:5002", s_streamLimit);
        Assert.Equal(sum, await Guest.RunAsync($"{Ended("/tmp/net.pid")}; md5sum </tmp/net-in; rm /tmp/net-in"));
    });

    [Fact]
    public Task Vsock_Streams_ArriveWholeBothWays() => AttemptAsync(async () =>
    {
        string sum = await Guest.RunAsync("md5sum </tmp/data");
        await Guest.OnDeviceAsync(
            "listen",
            $"""
            {Tools} socat -u UNIX-LISTEN:v.sock_7001 CREATE:vsock-in </dev/null >/dev/null 2>&1 & echo $! >vsock.pid
            until [ -S v.sock_7001 ]; do usleep 20000; done
            """);
        await Guest.RunAsync("socat -u OPEN:/tmp/data VSOCK-CONNECT:2:7001", s_streamLimit);
        Assert.Equal(sum, await Guest.OnDeviceAsync("sum", $"{Ended("vsock.pid")}; md5sum <vsock-in"));

        await Guest.RunAsync("socat -u VSOCK-LISTEN:7000 CREATE:/tmp/vsock-in </dev/null >/dev/null 2>&1 & echo $! >/tmp/vsock.pid");
        // Refused until the guest listens.
        string answer = await Guest.OnDeviceAsync(
            "stream",
            $"until {{ echo CONNECT 7000; cat vsock-in; }} | {Tools} socat -t 20 - UNIX-CONNECT:v.sock 2>/dev/null | grep OK; do usleep 50000; done",
            s_streamLimit);
        Assert.Matches(@"^OK \d+$", answer);
        Assert.Equal(sum, await Guest.RunAsync($"{Ended("/tmp/vsock.pid")}; md5sum </tmp/vsock-in; rm /tmp/vsock-in"));
    });

    [Fact]
    public Task Metadata_IsFetchedByAGuestWithPlainHttp() => AttemptAsync(async () =>
    {
        await Guest.AcceptedAsync("PUT", "/mmds", """{"latest": {"meta-data": {"hostname": "probe", "region": "shop-7"}}}""");
        Assert.Equal("probe", await Guest.RunAsync("wget -q -O - http://169.254.169.254/latest/meta-data/hostname"));
        await Guest.AcceptedAsync("PATCH", "/mmds", """{"latest": {"meta-data": {"hostname": "other"}}}""");
        Assert.Equal("other", await Guest.RunAsync("wget -q -O - http://169.254.169.254/latest/meta-data/hostname"));
        Assert.Equal("hostname\nregion", await Guest.RunAsync("wget -q -O - http://169.254.169.254/latest/meta-data"));
    });

    [Fact]
    public Task Serial_InputLongerThanItsFifo_ArrivesWhole() => AttemptAsync(async () =>
    {
        string text = string.Concat(Enumerable.Range(0, 300).Select(i => i.ToString("x3", CultureInfo.InvariantCulture)));
        Assert.Equal(text, await Guest.RunAsync($"echo {text}"));
    });

    [Fact]
    public Task BootTimer_WrittenByTheGuest_IsALineOfTheLog() => AttemptAsync(async () =>
    {
        string log = await Guest.OnDeviceAsync("log", "cat vmm.log");
        Assert.Matches(@"Guest-boot-time = \d+ us \d+ ms, \d+ CPU us \d+ CPU ms", log);
    });

    private static string Tools => $"PATH=$PATH:{GuestSpec.Media}/tools/bin";

    private static string Listening(int port) =>
        $"until cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qi ':{port:x4} 0*:0000 0A'; do usleep 20000; done";

    private static string Ended(string pidFile) => $"while [ -d /proc/$(cat {pidFile}) ]; do usleep 20000; done";
}
