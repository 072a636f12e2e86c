namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>Lets a number of events a second through, and as many at once after a quiet second.</summary>
internal sealed class TokenBucket(int perSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _available = perSecond;
    private long _at = time.GetTimestamp();

    internal bool TryTake()
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            _available = Math.Min(perSecond, _available + (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
            _at = now;
            if (_available < 1)
            {
                return false;
            }

            _available--;
            return true;
        }
    }
}
