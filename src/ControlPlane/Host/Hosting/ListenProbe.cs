using System.Net;
using System.Net.Sockets;
using MicroVm.ControlPlane.Host.Configuration;

namespace MicroVm.ControlPlane.Host.Hosting;

/// <summary>Finds out whether an address can be listened on before anything is started that would have to be stopped again.</summary>
internal static class ListenProbe
{
    /// <exception cref="ControlPlaneConfigurationException">The address cannot be bound.</exception>
    internal static void Check(string option, IPEndPoint endPoint)
    {
        try
        {
            using Socket socket = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endPoint);
        }
        catch (SocketException e)
        {
            throw new ControlPlaneConfigurationException(
                ExitCode.AddressInUse, $"{option}: expected an address that can be listened on, found {endPoint}: {e.Message}", e);
        }
    }
}
