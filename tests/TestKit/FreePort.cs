using System.Net;
using System.Net.Sockets;

namespace MicroVm.TestKit;

/// <summary>
/// Ports for servers that are started a little later. Not from the range that the kernel gives to outgoing connections (32768 to 60999
/// unless it was told otherwise, <c>ip_local_port_range</c> of ip(7)): of those each may be taken by the time that the server binds it.
/// </summary>
public static class FreePort
{
    private const int First = 12_000, Count = 20_000;

    private static int s_taken = Random.Shared.Next(Count);

    /// <summary>A port that neither TCP nor UDP has, of loopback or of all addresses, and that this process was not given before.</summary>
    public static int Take()
    {
        for (int attempt = 0; attempt < Count; attempt++)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref s_taken) % Count);
            if (IsFree(SocketType.Stream, ProtocolType.Tcp, port) && IsFree(SocketType.Dgram, ProtocolType.Udp, port))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"expected a free port from {First} to {First + Count - 1}, found none");
    }

    private static bool IsFree(SocketType type, ProtocolType protocol, int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
