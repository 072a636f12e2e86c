using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <content>Packets from the guest: each chain is one packet with its header, handed to the tap as it lies in guest memory.</content>
internal sealed partial class NetDevice
{
    private GuestFault Transmit(VirtioActivation activation)
    {
        GuestFault fault = SendBatch(activation);
        return fault == GuestFault.None && _responder is { HasPacket: true } ? Receive(activation) : fault;
    }

    private GuestFault SendBatch(VirtioActivation activation)
    {
        if (_txLimiter.IsBlocked)
        {
            return GuestFault.None;
        }

        Virtqueue queue = activation.Queues[TxQueue];
        int budget = BatchPackets;
        queue.SuppressNotifications();
        do
        {
            while (queue.TryPop(out DescriptorChain chain))
            {
                GuestFault fault = _transmit.Fill(ref chain);
                if (fault != GuestFault.None)
                {
                    return fault;
                }

                if (!TrySend())
                {
                    queue.UndoPop(chain.Head);
                    Metrics.TxThrottled++;
                    activation.Transport.NotifyUsed(queue);
                    return GuestFault.None;
                }

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

    /// <summary>Sends or drops the packet in the transmit buffers; false when the rate limiter holds it back.</summary>
    private bool TrySend()
    {
        uint length = _transmit.ReadableBytes;
        if (length is < NetHeader.SizeBytes + EthernetHeaderBytes or > LargestPacketBytes)
        {
            Metrics.TxMalformed++;
            return true;
        }

        if (_responder is not null && _responder.TryTake(_transmit, length))
        {
            // Not the network's: neither its limits nor its counters.
            return true;
        }

        uint bytes = length - NetHeader.SizeBytes;
        if (!_txLimiter.TryConsume(bytes))
        {
            return false;
        }

        // A header that makes no sense is the kernel's to refuse: it copies it once and checks it against the packet.
        if (_backend.Send(_transmit.SliceReadable(0, length)) < 0)
        {
            Metrics.TxTapFaults++;
            return true;
        }

        Metrics.TxPackets++;
        Metrics.TxBytes += bytes;
        return true;
    }
}
