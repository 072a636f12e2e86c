using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <content>Packets from the guest.</content>
internal sealed partial class VsockDevice
{
    private GuestFault TakeFromGuest(VirtioActivation activation)
    {
        Virtqueue queue = activation.Queues[TxQueue];
        int budget = BatchLimit;
        queue.SuppressNotifications();
        do
        {
            while (queue.TryPop(out DescriptorChain chain))
            {
                GuestFault fault = _buffers.Fill(ref chain);
                if (fault != GuestFault.None)
                {
                    return fault;
                }

                TakePacket();
                queue.Complete(chain.Head, 0);
                if (--budget == 0)
                {
                    activation.Transport.NotifyUsed(queue);
                    activation.Transport.Requeue(TxQueue);
                    return GuestFault.None;
                }
            }
        }
        while (queue.EnableNotifications());

        activation.Transport.NotifyUsed(queue);
        return queue.Fault;
    }

    private void TakePacket()
    {
        Metrics.TxPackets++;
        VsockHeader header = default;

        // One copy of the header: the guest may rewrite it, and every check and every use below is of the copy.
        if (!_buffers.TryCopyFrom(0, MemoryMarshal.AsBytes(new Span<VsockHeader>(ref header))) || header.SourceCid != _guestCid)
        {
            Metrics.MalformedPackets++;
            return;
        }

        if (header.Type != VsockHeader.StreamType || header.DestinationCid != VsockHeader.HostCid)
        {
            Metrics.MalformedPackets++;
            ReplyReset(header);
            return;
        }

        VsockConnection? connection = _table.Find(header.DestinationPort, header.SourcePort);
        if (header.Length > _buffers.ReadableBytes - VsockHeader.SizeBytes)
        {
            Metrics.LengthLies++;
            ResetOrReply(connection, header);
        }
        else if (connection is null)
        {
            TakeUnknown(header);
        }
        else
        {
            TakeFor(connection, header);
            UpdateInterest(connection);
        }
    }

    private void TakeUnknown(in VsockHeader header)
    {
        if (header.Operation == VsockOperation.Request)
        {
            ConnectToHost(header);
        }
        else
        {
            ReplyReset(header);
        }
    }

    /// <summary>The guest wants port P of the host: whoever listens at the device's path with <c>_P</c> behind it.</summary>
    private void ConnectToHost(in VsockHeader header)
    {
        int fd = UnixSocket.TryConnect($"{_path}_{header.DestinationPort}");
        if (fd < 0)
        {
            ReplyReset(header);
            return;
        }

        VsockConnection? connection = AddConnection(fd);
        if (connection is null)
        {
            Metrics.RefusedConnections++;
            _ = Libc.close(fd);
            ReplyReset(header);
            return;
        }

        _table.TryName(connection, header.DestinationPort, header.SourcePort);
        connection.State = VsockConnectionState.Established;
        TakeCredit(connection, header);
        Want(connection, PendingPackets.Response);
        UpdateInterest(connection);
    }

    private void TakeFor(VsockConnection connection, in VsockHeader header)
    {
        TakeCredit(connection, header);
        switch (header.Operation)
        {
            case VsockOperation.Response when connection.State == VsockConnectionState.Requested:
                connection.State = VsockConnectionState.Established;
                ConfirmToClient(connection);
                break;
            case VsockOperation.Data when connection.State == VsockConnectionState.Established && !connection.GuestFinished:
                TakeData(connection, header.Length);
                break;
            case VsockOperation.Data when connection.State == VsockConnectionState.PeerGone:
                // The guest could not know yet.
                break;
            case VsockOperation.Reset:
                Remove(connection);
                break;
            case VsockOperation.Shutdown when connection.State >= VsockConnectionState.Established:
                TakeShutdown(connection, header.Flags);
                break;
            case VsockOperation.CreditUpdate:
                break;
            case VsockOperation.CreditRequest:
                Want(connection, PendingPackets.CreditUpdate);
                break;
            default:
                Metrics.MalformedPackets++;
                ResetConnection(connection);
                break;
        }
    }

    private void TakeCredit(VsockConnection connection, in VsockHeader header)
    {
        connection.GuestBufferAllocation = header.BufferAllocation;
        connection.GuestForwardCount = header.ForwardCount;
        if (connection.GuestCredit == 0)
        {
            return;
        }

        connection.CreditRequested = false;
        if (connection is { State: VsockConnectionState.Established, IsHungUp: true, HostFinished: false, Fd: >= 0 })
        {
            // Nobody watches this socket any more, so the guest's credit is what brings its rest along.
            Want(connection, PendingPackets.Data);
        }
    }

    private void TakeData(VsockConnection connection, uint length)
    {
        if (length > VsockTxBuffer.CapacityBytes - connection.TxBuffer.Count)
        {
            Metrics.CreditViolations++;
            ResetConnection(connection);
            return;
        }

        int sent = length != 0 && connection.TxBuffer.Count == 0
            ? UnixSocket.Send(connection.Fd, _buffers.SliceReadable(VsockHeader.SizeBytes, length))
            : 0;
        if (sent is -Errno.Again or -Errno.Interrupted)
        {
            sent = 0;
        }

        if (sent < 0 || !connection.TxBuffer.TryAppend(_buffers, VsockHeader.SizeBytes + (uint)sent, length - (uint)sent))
        {
            // The peer closed its end.
            ResetConnection(connection);
            return;
        }

        Metrics.TxBytes += length;
        connection.ForwardedToHost += (uint)sent;
        AfterForwarding(connection);
    }

    private void TakeShutdown(VsockConnection connection, uint flags)
    {
        bool finished = (flags & VsockHeader.ShutdownSend) != 0;
        if ((flags & VsockHeader.ShutdownReceive) != 0 && !connection.GuestDeaf)
        {
            connection.GuestDeaf = true;
            connection.Pending &= ~PendingPackets.Data;
            if (connection.Fd >= 0)
            {
                _ = Libc.shutdown(connection.Fd, ShutdownRead);
            }
        }

        bool wasFinished = connection.GuestFinished;
        connection.GuestFinished |= finished;
        if (connection.State == VsockConnectionState.PeerGone)
        {
            ResetConnection(connection);
            return;
        }

        if (connection is { GuestDeaf: true, GuestFinished: true })
        {
            connection.State = VsockConnectionState.Draining;
        }

        bool newlyDone = connection.State == VsockConnectionState.Draining || (connection.GuestFinished && !wasFinished);
        if (newlyDone && connection.TxBuffer.Count == 0)
        {
            FinishGuestDirection(connection);
        }
    }

    private void ResetOrReply(VsockConnection? connection, in VsockHeader header)
    {
        if (connection is not null)
        {
            ResetConnection(connection);
        }
        else
        {
            ReplyReset(header);
        }
    }

    /// <summary>Answers a packet that belongs to no connection. A RST is never answered, or two sides could keep at it for ever.</summary>
    private void ReplyReset(in VsockHeader header)
    {
        if (header.Operation != VsockOperation.Reset)
        {
            ReplyReset(header.DestinationCid, header.DestinationPort, header.SourcePort);
        }
    }

    private void ReplyReset(ulong hostCid, uint hostPort, uint guestPort)
    {
        if (!_resets.TryAdd(hostCid, hostPort, guestPort))
        {
            Metrics.DroppedResets++;
        }
    }
}
