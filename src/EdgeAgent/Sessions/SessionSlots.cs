using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Sessions;

/// <summary>Bounds the sessions that are open at a time, from far away and on the spot together.</summary>
internal sealed class SessionSlots
{
    /// <summary>Sessions of the device. One holds two connections and up to 200 KiB.</summary>
    internal const int Most = 16;

    /// <summary>Sessions of one VM.</summary>
    internal const int MostOfVm = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<ResourceName, int> _taken = [];
    private int _count;

    /// <summary>Sessions that are open.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Takes a place; null when there is none, with one line why.</summary>
    internal IDisposable? TryTake(ResourceName vm, out string refusal)
    {
        lock (_lock)
        {
            int ofVm = _taken.GetValueOrDefault(vm);
            refusal = _count >= Most ? $"{_count} sessions are open on the device, which is as many as may be; close one and try again"
                : ofVm >= MostOfVm ? $"{ofVm} sessions with VM '{vm}' are open, which is as many as may be; close one and try again"
                : "";
            if (refusal.Length > 0)
            {
                return null;
            }

            _taken[vm] = ofVm + 1;
            _count++;
            return new Slot(this, vm);
        }
    }

    private void GiveBack(ResourceName vm)
    {
        lock (_lock)
        {
            _count--;
            if (--_taken[vm] == 0)
            {
                _taken.Remove(vm);
            }
        }
    }

    private sealed class Slot(SessionSlots slots, ResourceName vm) : IDisposable
    {
        private SessionSlots? _slots = slots;

        public void Dispose() => Interlocked.Exchange(ref _slots, null)?.GiveBack(vm);
    }
}
