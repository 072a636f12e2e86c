using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <content>Packets to the guest: read only when there are buffers for them, so that the host's queue keeps what the guest is not ready for.</content>
internal sealed partial class NetDevice
{
    private const int RingShare = 4;

    private GuestFault Receive(VirtioActivation activation)
    {
        if (_isLost && _responder is not { HasPacket: true })
        {
            return GuestFault.None;
        }

        Virtqueue queue = activation.Queues[RxQueue];
        bool mergeable = (activation.Features & NetFeature.MergeableBuffers) != 0;
        uint needed = NeededBytes;
        bool goesOn = true;
        queue.SuppressNotifications();
        for (int budget = BatchPackets; budget != 0 && goesOn; budget--)
        {
            GuestFault fault = GuestFault.None;
            goesOn = _waitingBytes != 0 || (TryLineUp(queue, needed, mergeable, out fault) && TryRead(needed, mergeable));
            if (fault != GuestFault.None)
            {
                return fault;
            }

            goesOn = goesOn && (_waitingBytes == 0 || TryDeliver(queue));
        }

        if (goesOn)
        {
            // The batch is over and the tap has more: epoll, level-triggered, brings us back after the others' turns.
            Listen(true);
            RequeueForResponder(activation);
        }

        _responder?.Watch();
        activation.Transport.NotifyUsed(queue);
        return queue.Fault;
    }

    /// <summary>
    /// Takes chains until the largest packet fits. Without enough of them the tap is muted and the guest asked to notify: packets
    /// then wait in the tap, and a flood costs nothing (CVE-2020-16843: a full ring must neither drop for ever nor spin).
    /// </summary>
    private bool TryLineUp(Virtqueue queue, uint needed, bool mergeable, out GuestFault fault)
    {
        fault = GuestFault.None;
        while (!IsLinedUp(queue, needed, mergeable))
        {
            if (queue.TryPop(out DescriptorChain chain))
            {
                fault = _receive.Hold(ref chain);
                if (fault != GuestFault.None)
                {
                    return false;
                }
            }
            else if (queue.Fault != GuestFault.None || !queue.EnableNotifications())
            {
                Metrics.RxOutOfBuffers++;
                Listen(false);
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Enough for any packet, or a quarter of the ring: drivers of small rings never have 64 KiB in them at once, and refill only
    /// when a part of them is used.
    /// </summary>
    private bool IsLinedUp(Virtqueue queue, uint needed, bool mergeable) =>
        _receive.Count != 0
        && (!mergeable || _receive.Bytes >= needed || _receive.VectorCount >= queue.Size / RingShare || !_receive.HasRoom);

    /// <summary>Packets of the responder wait in it, where epoll does not see them.</summary>
    private void RequeueForResponder(VirtioActivation activation)
    {
        if (_responder is { HasPacket: true })
        {
            activation.Transport.Requeue(RxQueue);
        }
    }

    /// <summary>
    /// Reads one packet, the responder's before the network's; false when there is none for now. One that does not fit is dropped and
    /// has had its share of the batch: a flood of such must not keep the loop (CVE-2020-16843).
    /// </summary>
    private bool TryRead(uint needed, bool mergeable)
    {
        while (true)
        {
            IPacketSource source = _responder is { HasPacket: true } ? _responder : _backend;
            int length = _receive.Read(source, needed, mergeable, out bool fits);
            switch (length)
            {
                case >= NetHeader.SizeBytes when fits:
                    _waitingBytes = (uint)length;
                    return true;
                case >= 0:
                    Metrics.RxOversized++;
                    return true;
                case -Errno.Interrupted:
                    break;
                case -Errno.Again:
                    Listen(true);
                    return false;
                default:
                    Lose();
                    return false;
            }
        }
    }

    /// <summary>Gives the packet that was read to the guest; false while the rate limiter holds it back.</summary>
    private bool TryDeliver(Virtqueue queue)
    {
        uint bytes = _waitingBytes - NetHeader.SizeBytes;
        if (!_rxLimiter.TryConsume(bytes))
        {
            Metrics.RxThrottled++;
            Listen(false);
            return false;
        }

        _receive.Deliver(queue, _waitingBytes);
        _waitingBytes = 0;
        Metrics.RxPackets++;
        Metrics.RxBytes += bytes;
        return true;
    }
}
