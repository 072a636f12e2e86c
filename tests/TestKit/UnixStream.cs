using System.Net.Sockets;

namespace MicroVm.TestKit;

/// <summary>Clients of Unix sockets.</summary>
internal static class UnixStream
{
    internal static async Task<Socket> ConnectAsync(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"connect {path}: {e.Message}", e);
        }
    }
}
