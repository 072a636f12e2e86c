using System.Net;
using System.Net.Sockets;

namespace MicroVm.ControlPlane.Host.Hosting;

/// <summary>Finds a TCP port that nobody has.</summary>
internal static class FreePort
{
    /// <summary>A port of the loopback address that was free a moment ago.</summary>
    internal static int OnLoopback()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
