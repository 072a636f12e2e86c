using System.Net.Sockets;
using System.Text;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Tests.TestDoubles;

namespace MicroVm.EdgeAgent.Tests.Hosting;

public sealed class ServiceNotifierTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tell_SocketThatListens_GetsTheMessage(bool isAbstract)
    {
        using TempDirectory directory = new();
        string path = isAbstract ? $"@mvm-test-{Guid.NewGuid()}" : directory["notify"];
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + path[1..] : path));

        Assert.True(new ServiceNotifier(path).Tell("READY=1\nSTATUS=well"));

        byte[] buffer = new byte[100];
        Assert.Equal("READY=1\nSTATUS=well", Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/nonexistent/notify")]
    [InlineData("@")]
    public void Tell_NobodyThere_IsNoFault(string? path) => Assert.False(new ServiceNotifier(path).Tell(ServiceNotifier.Watchdog));

    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "7", 30)]
    [InlineData("30000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("9223372036854775807", null, null)]
    [InlineData(null, null, null)]
    public void WatchdogOf_Environment_IsTheLimitOfThisProcess(string? microseconds, string? process, int? seconds) =>
        Assert.Equal(seconds is int limit ? TimeSpan.FromSeconds(limit) : null, ServiceNotifier.WatchdogOf(microseconds, process, 7));
}
