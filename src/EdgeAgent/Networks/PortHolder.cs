using System.Net;
using System.Net.Sockets;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>
/// Keeps the host ports that VMs have published: a bound socket that nobody hears. A process of the host that has a port
/// is found out that way, and none can take one later and wonder why its connections go to a VM.
/// </summary>
internal sealed class PortHolder : IDisposable
{
    private readonly Dictionary<(TransportProtocol, int), Socket> _held = [];

    /// <summary>Holds a port; true when it is held already.</summary>
    internal bool TryHold(TransportProtocol protocol, int port)
    {
        if (_held.ContainsKey((protocol, port)))
        {
            return true;
        }

        Socket? socket = TryBind(protocol, port, AddressFamily.InterNetworkV6, IPAddress.IPv6Any, out SocketError error);
        if (socket is null && error is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            socket = TryBind(protocol, port, AddressFamily.InterNetwork, IPAddress.Any, out error);
        }

        if (socket is null)
        {
            return false;
        }

        _held.Add((protocol, port), socket);
        return true;
    }

    /// <summary>Lets go of every port but these.</summary>
    internal void Keep(IReadOnlySet<(TransportProtocol, int)> wanted)
    {
        foreach ((TransportProtocol, int) port in _held.Keys.Where(port => !wanted.Contains(port)).ToArray())
        {
            _held[port].Dispose();
            _held.Remove(port);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Keep(new HashSet<(TransportProtocol, int)>());

    private static Socket? TryBind(TransportProtocol protocol, int port, AddressFamily family, IPAddress any, out SocketError error)
    {
        error = SocketError.Success;
        Socket? socket = null;
        try
        {
            // The protocol is not named: for TCP the runtime would share the port (SO_REUSEADDR), and nothing would be held.
            socket = new Socket(family, protocol == TransportProtocol.Tcp ? SocketType.Stream : SocketType.Dgram, ProtocolType.Unspecified);
            if (family == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(any, port));
            return socket;
        }
        catch (SocketException e)
        {
            error = e.SocketErrorCode;
            socket?.Dispose();
            return null;
        }
    }
}
