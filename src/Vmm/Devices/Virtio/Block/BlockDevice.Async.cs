using MicroVm.Vmm.Devices.Virtio.Queue;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.EventLoop;

namespace MicroVm.Vmm.Devices.Virtio.Block;

/// <content>
/// Requests that the host works on while the loop goes on. The tag of a request is its head, which the queue hands out only once until
/// it is returned. Whoever takes the queues away waits first until the host has finished, because it may be writing into guest memory.
/// </content>
internal sealed unsafe partial class BlockDevice : IEventSource
{
    private readonly EpollLoop _loop;
    private readonly IDiskEngine? _engine;
    private readonly RequestInFlight[] _inFlight = [];
    private int _inFlightCount;

    /// <summary>Requests that the host has not finished.</summary>
    internal int InFlightCount => Volatile.Read(ref _inFlightCount);

    /// <summary>The host finished something; on the loop's thread.</summary>
    public void OnReady(uint events, uint token)
    {
        if (Volatile.Read(ref _activation) is not VirtioActivation activation)
        {
            return;
        }

        lock (activation.Transport.Gate)
        {
            // A reset that came first has taken everything off the engine.
            if (_activation == activation)
            {
                Virtqueue queue = activation.Queues[0];
                TakeFinished(queue);
                activation.Transport.NotifyUsed(queue);
                if (queue.Fault != GuestFault.None)
                {
                    activation.Transport.Fail(queue.Fault);
                }
            }
        }
    }

    private bool TryStart(in BlockRequest request, ushort head, DiskOperation operation)
    {
        if (_engine is null)
        {
            return false;
        }

        ref RequestInFlight kept = ref _inFlight[head];
        kept.Operation = operation;
        kept.Bytes = request.DataBytes;
        // SAFETY: one writable byte of the chain; the slice is read before the next one overwrites it.
        kept.Status = (byte*)_buffers.SliceWritable(request.StatusOffset, 1)[0].Base;
        _inFlightCount++;
        ulong offset = request.Sector * BlockRequest.SectorBytes;
        switch (operation)
        {
            case DiskOperation.Read:
                _engine.Start(head, operation, _disk, _buffers.SliceWritable(request.DataOffset, request.DataBytes), offset);
                break;
            case DiskOperation.Write:
                _engine.Start(head, operation, _disk, _buffers.SliceReadable(request.DataOffset, request.DataBytes), offset);
                break;
            default:
                kept.Bytes = 0;
                _engine.Start(head, operation, _disk, [], 0);
                break;
        }

        return true;
    }

    /// <summary>Starts a batch and returns what the host could do at once.</summary>
    private void SubmitStarted(Virtqueue queue)
    {
        if (_engine is not null && _inFlightCount > 0)
        {
            _engine.Submit();
            TakeFinished(queue);
        }
    }

    private void TakeFinished(Virtqueue queue)
    {
        while (_engine!.TryTake(out ushort head, out long result))
        {
            _inFlightCount--;
            ref RequestInFlight kept = ref _inFlight[head];
            // Fewer bytes than asked for is the end of a file that became shorter, or a full disk.
            bool isOk = result == kept.Bytes;
            BlockStatus status = isOk ? Counted(kept.Operation, kept.Bytes) : HostFault();
            // SAFETY: proven in TryStart; guest RAM is mapped until the machine is gone.
            *kept.Status = (byte)status;
            queue.Complete(head, (isOk && kept.Operation == DiskOperation.Read ? kept.Bytes : 0) + 1);
        }
    }

    /// <summary>Waits for the host and forgets the results: the queues they belong to are no more, or stay as they are.</summary>
    private void AwaitInFlight(Virtqueue? returnTo)
    {
        if (_engine is null || _inFlightCount == 0)
        {
            return;
        }

        _engine.Submit();
        while (_inFlightCount > 0)
        {
            _engine.Wait();
            if (returnTo is not null)
            {
                TakeFinished(returnTo);
                continue;
            }

            while (_engine.TryTake(out _, out _))
            {
                _inFlightCount--;
            }
        }
    }
}
