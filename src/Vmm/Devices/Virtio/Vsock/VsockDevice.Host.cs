using System.Buffers.Text;
using System.Text;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <content>The host's side: clients of the device's socket, and readiness of connections' sockets.</content>
internal sealed partial class VsockDevice
{
    private const int ShutdownRead = 0;
    private const int ShutdownWrite = 1;

    private static ReadOnlySpan<byte> ConnectWord => "CONNECT "u8;

    /// <summary>Without a driver in the guest a client is turned away at once, so that it can try again, instead of waiting for nobody.</summary>
    private void RefuseClients(uint token)
    {
        if (token != ListenerToken)
        {
            return;
        }

        int fd;
        while ((fd = UnixSocket.TryAccept(_listener)) >= 0)
        {
            Metrics.RefusedConnections++;
            _ = Libc.close(fd);
        }
    }

    private void ServeHost(uint events, uint token)
    {
        if (token == ListenerToken)
        {
            AcceptClient();
            return;
        }

        if (_table[(int)token] is not { Fd: >= 0 } connection)
        {
            return;
        }

        if ((events & EpollLoop.Out) != 0)
        {
            DrainToHost(connection);
        }

        if ((events & (EpollLoop.Error | EpollLoop.HangUp)) != 0 && connection.Fd >= 0)
        {
            OnHangUp(connection);
        }
        else if ((events & EpollLoop.In) != 0 && connection.Fd >= 0)
        {
            OnReadable(connection);
        }

        UpdateInterest(connection);
    }

    private void AcceptClient()
    {
        int fd = UnixSocket.TryAccept(_listener);
        if (fd < 0)
        {
            if (fd is not (-Errno.Again or -Errno.Interrupted))
            {
                // Out of descriptors, most likely: the listener stays readable, so rest it until a socket is closed.
                Metrics.RefusedConnections++;
                _listenerMuted = true;
                _loop.Modify(_listener, 0);
            }

            return;
        }

        if (AddConnection(fd) is null)
        {
            Metrics.RefusedConnections++;
            _ = Libc.close(fd);
        }
    }

    /// <summary>Puts a socket into the table, at the cost of a connection that only waits when it is full; null when there is no room.</summary>
    private VsockConnection? AddConnection(int fd)
    {
        VsockConnection? connection = _table.TryAdd(fd);
        if (connection is null && _table.FindIdle() is { } idle)
        {
            Metrics.RefusedConnections++;
            if (idle.State == VsockConnectionState.PeerGone)
            {
                ReplyReset(VsockHeader.HostCid, idle.HostPort, idle.GuestPort);
            }

            Remove(idle);
            connection = _table.TryAdd(fd);
        }

        return connection is not null && TryWatch(connection) ? connection : null;
    }

    /// <summary>The host may be out of epoll watches: that costs a guest its connection, never the VM its process.</summary>
    private bool TryWatch(VsockConnection connection)
    {
        try
        {
            connection.Interest = EpollLoop.In;
            _loop.Add(connection.Fd, EpollLoop.In, this, (uint)connection.Slot);
            return true;
        }
        catch (OsFaultException)
        {
            _table.Remove(connection);
            return false;
        }
    }

    private void OnReadable(VsockConnection connection)
    {
        if (connection.State == VsockConnectionState.Handshake)
        {
            ReadConnectLine(connection);
        }
        else if (connection.State == VsockConnectionState.Established)
        {
            Want(connection, PendingPackets.Data);
        }
    }

    private void OnHangUp(VsockConnection connection)
    {
        // Level-triggered epoll reports a hang-up for as long as the descriptor is registered.
        StopWatching(connection);
        switch (connection.State)
        {
            case VsockConnectionState.Handshake:
                Remove(connection);
                break;
            case VsockConnectionState.Established when !connection.HostFinished && !connection.GuestDeaf:
                // What the peer sent before it closed is still to be read.
                Want(connection, PendingPackets.Data);
                break;
            default:
                ResetConnection(connection);
                break;
        }
    }

    /// <summary>Reads up to the line feed and not a byte further: what follows belongs to the guest.</summary>
    private void ReadConnectLine(VsockConnection connection)
    {
        Span<byte> bytes = stackalloc byte[VsockConnection.MaxLineBytes];
        int seen = UnixSocket.Receive(connection.Fd, bytes, peek: true);
        if (seen == -Errno.Again || seen == -Errno.Interrupted)
        {
            return;
        }

        if (seen <= 0)
        {
            Remove(connection);
            return;
        }

        int lineFeed = bytes[..seen].IndexOf((byte)'\n');
        int taken = UnixSocket.Receive(connection.Fd, bytes[..(lineFeed < 0 ? seen : lineFeed + 1)]);
        if (taken <= 0 || !connection.TryAppendLine(bytes[..taken]))
        {
            Metrics.RefusedConnections++;
            Remove(connection);
        }
        else if (lineFeed >= 0)
        {
            StartRequest(connection);
        }
    }

    private void StartRequest(VsockConnection connection)
    {
        if (!TryParseConnect(connection.TakeLine(), out uint port))
        {
            Metrics.RefusedConnections++;
            Remove(connection);
            return;
        }

        _table.NameForHost(connection, port);
        connection.State = VsockConnectionState.Requested;
        Want(connection, PendingPackets.Request);
    }

    /// <summary><c>CONNECT</c> in any letter case, one space, a decimal port, and a line feed.</summary>
    internal static bool TryParseConnect(ReadOnlySpan<byte> line, out uint port)
    {
        port = 0;
        if (line.Length <= ConnectWord.Length || !Ascii.EqualsIgnoreCase(line[..ConnectWord.Length], ConnectWord))
        {
            return false;
        }

        ReadOnlySpan<byte> number = line[ConnectWord.Length..];
        return Utf8Parser.TryParse(number, out port, out int consumed)
            && consumed == number.Length - 1
            && number[consumed] == '\n'
            && char.IsAsciiDigit((char)number[0]);
    }

    private void ConfirmToClient(VsockConnection connection)
    {
        Span<byte> line = stackalloc byte[16];
        "OK "u8.CopyTo(line);
        Utf8Formatter.TryFormat(connection.HostPort, line[3..], out int digits);
        line[3 + digits] = (byte)'\n';
        if (UnixSocket.Send(connection.Fd, line[..(4 + digits)]) != 4 + digits)
        {
            ResetConnection(connection);
        }
    }

    /// <summary>Writes what waited for a slow peer.</summary>
    private void DrainToHost(VsockConnection connection)
    {
        int sent = connection.TxBuffer.Drain(connection.Fd);
        if (sent < 0)
        {
            ResetConnection(connection);
            return;
        }

        connection.ForwardedToHost += (uint)sent;
        AfterForwarding(connection);
    }

    private void AfterForwarding(VsockConnection connection)
    {
        if (connection.OwesCredit)
        {
            Want(connection, PendingPackets.CreditUpdate);
        }

        if (connection.GuestFinished && connection.TxBuffer.Count == 0)
        {
            FinishGuestDirection(connection);
        }
    }

    /// <summary>The guest said it sends no more and all of it was passed on.</summary>
    private void FinishGuestDirection(VsockConnection connection)
    {
        if (connection.State == VsockConnectionState.Draining)
        {
            ResetConnection(connection);
        }
        else if (connection.Fd >= 0)
        {
            _ = Libc.shutdown(connection.Fd, ShutdownWrite);
        }
    }
}
