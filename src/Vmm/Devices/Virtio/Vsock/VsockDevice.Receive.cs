using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <content>Packets to the guest: made only when there is a receive buffer to put them in, so nothing ever waits in copies.</content>
internal sealed partial class VsockDevice
{
    private const uint MaxPayloadBytes = 64 * 1024;

    private GuestFault SendToGuest(VirtioActivation activation)
    {
        Virtqueue queue = activation.Queues[RxQueue];
        int budget = BatchLimit;
        queue.SuppressNotifications();
        while (!_resets.IsEmpty || !_ready.IsEmpty)
        {
            if (!queue.TryPop(out DescriptorChain chain))
            {
                // Out of buffers: the guest's next doorbell brings us back.
                if (queue.Fault == GuestFault.None && queue.EnableNotifications())
                {
                    continue;
                }

                break;
            }

            GuestFault fault = _buffers.Fill(ref chain);
            if (fault == GuestFault.None && _buffers.WritableBytes < VsockHeader.SizeBytes)
            {
                fault = GuestFault.NoRoomForReply;
            }

            if (fault != GuestFault.None)
            {
                return fault;
            }

            if (!TryMakePacket(out VsockHeader header))
            {
                queue.UndoPop(chain.Head);
                break;
            }

            _buffers.TryCopyTo(0, MemoryMarshal.AsBytes(new ReadOnlySpan<VsockHeader>(in header)));
            queue.Complete(chain.Head, VsockHeader.SizeBytes + header.Length);
            Metrics.RxPackets++;
            Metrics.RxBytes += header.Length;
            if (--budget == 0)
            {
                activation.Transport.Requeue(RxQueue);
                break;
            }
        }

        activation.Transport.NotifyUsed(queue);
        return queue.Fault;
    }

    private bool TryMakePacket(out VsockHeader header)
    {
        if (!_resets.IsEmpty)
        {
            (ulong hostCid, uint hostPort, uint guestPort) = _resets.Take();
            header = NewHeader(VsockOperation.Reset, hostPort, guestPort);
            header.SourceCid = hostCid;
            return true;
        }

        for (int slot = _ready.TakeNext(); slot >= 0; slot = _ready.TakeNext())
        {
            VsockConnection connection = _table[slot]!;
            bool made = TryMakePacket(connection, out header);
            if (connection.Pending != PendingPackets.None && ReferenceEquals(_table[slot], connection))
            {
                _ready.Add(slot);
            }

            UpdateInterest(connection);
            if (made)
            {
                return true;
            }
        }

        header = default;
        return false;
    }

    private bool TryMakePacket(VsockConnection connection, out VsockHeader header)
    {
        header = NewHeader(VsockOperation.Invalid, connection.HostPort, connection.GuestPort);
        if (Take(connection, PendingPackets.Reset))
        {
            header.Operation = VsockOperation.Reset;
            connection.Pending = PendingPackets.None;
            Remove(connection);
            return true;
        }

        if (Take(connection, PendingPackets.Request))
        {
            header.Operation = VsockOperation.Request;
        }
        else if (Take(connection, PendingPackets.Response))
        {
            header.Operation = VsockOperation.Response;
        }
        else if ((connection.Pending & PendingPackets.Data) != 0 && TryReadData(connection, out header.Length))
        {
            header.Operation = VsockOperation.Data;
        }
        else
        {
            TakeControl(connection, ref header);
        }

        header.BufferAllocation = VsockTxBuffer.CapacityBytes;
        header.ForwardCount = connection.ForwardedToHost;
        connection.ForwardedTold = connection.ForwardedToHost;
        connection.Pending &= ~PendingPackets.CreditUpdate;
        return header.Operation != VsockOperation.Invalid;
    }

    /// <summary>What comes behind data, because a read may have brought it about.</summary>
    private void TakeControl(VsockConnection connection, ref VsockHeader header)
    {
        if (Take(connection, PendingPackets.Reset))
        {
            header.Operation = VsockOperation.Reset;
            Remove(connection);
        }
        else if (Take(connection, PendingPackets.Shutdown))
        {
            header.Operation = VsockOperation.Shutdown;
            header.Flags = VsockHeader.ShutdownSend;
            if (connection.IsHungUp)
            {
                header.Flags |= VsockHeader.ShutdownReceive;
                connection.State = VsockConnectionState.PeerGone;
                CloseSocket(connection);
            }
        }
        else if (Take(connection, PendingPackets.CreditRequest))
        {
            header.Operation = VsockOperation.CreditRequest;
        }
        else if (Take(connection, PendingPackets.CreditUpdate))
        {
            header.Operation = VsockOperation.CreditUpdate;
        }
    }

    /// <summary>Reads from the host straight into the guest's buffer, as much as buffer and credit allow.</summary>
    private bool TryReadData(VsockConnection connection, out uint length)
    {
        length = 0;
        if (_buffers.WritableBytes == VsockHeader.SizeBytes)
        {
            // A buffer for nothing but a header gets one, so that it is used up: putting it back and looking again at a socket
            // that stays readable would go on for ever.
            connection.Pending |= PendingPackets.CreditUpdate;
            return false;
        }

        uint room = Math.Min(_buffers.WritableBytes - VsockHeader.SizeBytes, Math.Min(connection.GuestCredit, MaxPayloadBytes));
        if (room == 0)
        {
            connection.Pending &= ~PendingPackets.Data;
            if (!connection.CreditRequested)
            {
                connection.CreditRequested = true;
                connection.Pending |= PendingPackets.CreditRequest;
            }

            return false;
        }

        int received = UnixSocket.Receive(connection.Fd, _buffers.SliceWritable(VsockHeader.SizeBytes, room));
        if (received > 0)
        {
            length = (uint)received;
            connection.SentToGuest += length;

            // A short read emptied the socket; without a watch only the next read can tell.
            if (length < room && !connection.IsHungUp)
            {
                connection.Pending &= ~PendingPackets.Data;
            }

            return true;
        }

        connection.Pending &= ~PendingPackets.Data;
        if (received == 0)
        {
            connection.HostFinished = true;
            connection.Pending |= PendingPackets.Shutdown;
        }
        else if (received is not (-Errno.Again or -Errno.Interrupted))
        {
            CloseSocket(connection);
            connection.Pending = PendingPackets.Reset;
        }

        return false;
    }

    private static bool Take(VsockConnection connection, PendingPackets packet)
    {
        bool isPending = (connection.Pending & packet) != 0;
        connection.Pending &= ~packet;
        return isPending;
    }

    private VsockHeader NewHeader(VsockOperation operation, uint hostPort, uint guestPort) => new()
    {
        SourceCid = VsockHeader.HostCid,
        DestinationCid = _guestCid,
        SourcePort = hostPort,
        DestinationPort = guestPort,
        Type = VsockHeader.StreamType,
        Operation = operation,
    };
}
