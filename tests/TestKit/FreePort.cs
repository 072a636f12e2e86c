using System.Net;
using System.Net.Sockets;

namespace MicroVm.TestKit;

/// <summary>TCP ports of the loopback address that nobody listens on.</summary>
public static class FreePort
{
    /// <summary>Takes one that the kernel chose. It stays free unless somebody takes it before the caller does.</summary>
    public static int Take()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
