using System.Net.Sockets;
using System.Text;
using MicroVm.TestKit;

namespace MicroVm.Vmm.KvmTests.Running;

/// <summary>The host's side of a Unix socket, with a limit on every wait.</summary>
internal sealed class HostSocket : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly Socket _socket;

    private HostSocket(Socket socket) => _socket = socket;

    internal static async Task<HostSocket> ConnectAsync(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await WithinAsync(socket.ConnectAsync(new UnixDomainSocketEndPoint(path)), $"connect {path}");
        return new HostSocket(socket);
    }

    internal static Socket Listen(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return socket;
    }

    internal static async Task<HostSocket> AcceptAsync(Socket listener) =>
        new(await WithinAsync(listener.AcceptAsync(), "accept"));

    internal async Task SendAsync(string text) =>
        Assert.Equal(text.Length, await WithinAsync(_socket.SendAsync(Encoding.ASCII.GetBytes(text)), "send"));

    /// <summary>Receives exactly that many bytes.</summary>
    internal async Task<string> ReceiveAsync(int length)
    {
        byte[] buffer = new byte[length];
        int done = 0;
        while (done < length)
        {
            int count = await WithinAsync(_socket.ReceiveAsync(buffer.AsMemory(done), SocketFlags.None).AsTask(), $"receive after {done} bytes");
            Assert.True(count > 0, $"the connection ended after '{Encoding.ASCII.GetString(buffer, 0, done)}'");
            done += count;
        }

        return Encoding.ASCII.GetString(buffer);
    }

    /// <summary>Receives up to and with a line feed.</summary>
    internal async Task<string> ReceiveLineAsync()
    {
        StringBuilder line = new();
        do
        {
            line.Append(await ReceiveAsync(1));
        }
        while (line[^1] != '\n');
        return line.ToString();
    }

    public void Dispose() => _socket.Dispose();

    private static async Task WithinAsync(Task task, string phase) => await WithinAsync(AsResultAsync(task), phase);

    private static async Task<bool> AsResultAsync(Task task)
    {
        await task;
        return true;
    }

    private static async Task<T> WithinAsync<T>(Task<T> task, string phase)
    {
        try
        {
            return await task.WaitAsync(s_limit);
        }
        catch (TimeoutException)
        {
            throw new PhaseTimeoutException(phase, s_limit, "nothing");
        }
    }
}
