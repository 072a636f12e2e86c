using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <content>The queues.</content>
internal sealed partial class BalloonDevice
{
    /// <summary>Most bytes of page frame numbers in one request; Linux sends a quarter of it.</summary>
    internal const int MaxRequestBytes = 4096;

    private const uint ActualOffset = 4;
    private const int PageShift = 12;
    private const ulong PageBytes = GuestMemory.PageSize;
    private const int NothingHeld = -1;

    // Each request may cost a thousand calls, so few are served before the loop gets its turn.
    private const int RequestsPerTurn = 16;

    public GuestFault OnDoorbell(int queue)
    {
        if (_activation is not VirtioActivation activation || queue >= activation.Queues.Length)
        {
            return GuestFault.None;
        }

        BalloonQueue role = RoleOf(queue, activation.Features);
        return role == BalloonQueue.Statistics
            ? TakeStatistics(activation.Queues[queue])
            : Serve(role, queue, activation);
    }

    /// <summary>The timer expired: the statistics buffer goes back to the guest, which fills it again.</summary>
    public void OnReady(uint events, uint token)
    {
        if (!_timer!.TryConsume() || Volatile.Read(ref _activation) is not VirtioActivation activation)
        {
            return;
        }

        lock (activation.Transport.Gate)
        {
            if (_activation == activation && _heldStatistics != NothingHeld)
            {
                Virtqueue queue = activation.Queues[(int)BalloonQueue.Statistics];
                queue.Complete((ushort)_heldStatistics, 0);
                _heldStatistics = NothingHeld;
                activation.Transport.NotifyUsed(queue);
                GuestFault fault = TakeStatistics(queue);
                if (fault != GuestFault.None)
                {
                    activation.Transport.Fail(fault);
                }
            }
        }
    }

    // A queue whose feature was not accepted does not exist, and those behind it move up.
    private static BalloonQueue RoleOf(int queue, ulong features)
    {
        int role = queue;
        if (role >= (int)BalloonQueue.Statistics && (features & BalloonFeature.Statistics) == 0)
        {
            role++;
        }

        if (role >= (int)BalloonQueue.Hinting && (features & BalloonFeature.FreePageHinting) == 0)
        {
            role++;
        }

        return (BalloonQueue)role;
    }

    private GuestFault Serve(BalloonQueue role, int index, VirtioActivation activation)
    {
        Virtqueue queue = activation.Queues[index];
        IVirtioTransport transport = activation.Transport;
        int budget = RequestsPerTurn;
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

                Handle(role, activation);
                queue.Complete(chain.Head, 0);
                if (--budget == 0)
                {
                    transport.NotifyUsed(queue);
                    transport.Requeue(index);
                    return GuestFault.None;
                }
            }
        }
        while (queue.EnableNotifications());

        transport.NotifyUsed(queue);
        return queue.Fault;
    }

    private void Handle(BalloonQueue role, VirtioActivation activation)
    {
        switch (role)
        {
            case BalloonQueue.Inflate:
                Metrics.Inflations++;
                Inflate(activation.Memory);
                break;
            case BalloonQueue.Deflate:
                // Pages come back by being touched; MUST_TELL_HOST is not offered, so there is nothing to do first.
                Metrics.Deflations++;
                break;
            case BalloonQueue.Hinting:
                TakeHint(activation);
                break;
            default:
                Metrics.Reports++;
                Metrics.ReportedBytes += DiscardWritable(activation.Memory);
                break;
        }
    }

    private void Inflate(GuestMemory memory)
    {
        uint length = _buffers.ReadableBytes;
        if (length is 0 or > MaxRequestBytes || length % sizeof(uint) != 0)
        {
            Metrics.MalformedRequests++;
            return;
        }

        // Copied once: the guest may change the list while it is worked.
        Span<uint> list = stackalloc uint[MaxRequestBytes / sizeof(uint)];
        list = list[..(int)(length / sizeof(uint))];
        _buffers.TryCopyFrom(0, MemoryMarshal.AsBytes(list));
        PageRun run = default;
        foreach (uint page in list)
        {
            if (!memory.Contains(new GuestAddress((ulong)page << PageShift), PageBytes))
            {
                Metrics.PagesOutsideMemory++;
                continue;
            }

            Metrics.InflatedPages++;
            if (!run.TryAdd(page))
            {
                Discard(memory, run);
                run = default;
                run.TryAdd(page);
            }
        }

        Discard(memory, run);
    }

    private void Discard(GuestMemory memory, in PageRun run)
    {
        if (run.Count != 0 && !memory.TryDiscard(new GuestAddress((ulong)run.First << PageShift), run.Count << PageShift))
        {
            Metrics.FailedDiscards++;
        }
    }

    /// <summary>Gives the writable part of the chain back to the host; returns how many bytes that were.</summary>
    private unsafe long DiscardWritable(GuestMemory memory)
    {
        long discarded = 0;
        foreach (ref readonly IoVec range in _buffers.SliceWritable(0, _buffers.WritableBytes))
        {
            // SAFETY: the range is device-writable guest RAM, proven when the chain was walked.
            if (memory.TryDiscard(range.Base, range.Length))
            {
                discarded += (long)range.Length;
            }
            else
            {
                Metrics.FailedDiscards++;
            }
        }

        return discarded;
    }

    // One buffer is held at a time; a second one stays in the ring, so a driver cannot make statistics come faster than the timer.
    private GuestFault TakeStatistics(Virtqueue queue)
    {
        if (_heldStatistics != NothingHeld || !queue.TryPop(out DescriptorChain chain))
        {
            return queue.Fault;
        }

        GuestFault fault = _buffers.Fill(ref chain);
        if (fault != GuestFault.None)
        {
            return fault;
        }

        _heldStatistics = chain.Head;
        uint length = _buffers.ReadableBytes;
        if (length is 0 or > BalloonStatistics.MaxBytes || length % BalloonStatistics.EntryBytes != 0)
        {
            Metrics.MalformedRequests++;
        }
        else
        {
            Span<byte> entries = stackalloc byte[BalloonStatistics.MaxBytes];
            entries = entries[..(int)length];
            _buffers.TryCopyFrom(0, entries);
            Statistics.Take(entries);
            Metrics.StatisticsUpdates++;
        }

        queue.EnableNotifications();
        return queue.Fault;
    }
}
