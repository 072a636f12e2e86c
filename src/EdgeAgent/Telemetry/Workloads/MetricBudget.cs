using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>
/// What one VM may still say: points in a window of time, and series. Of a series only a hash is kept; two that share one count as
/// one, which lets a VM have one more. Not for several threads.
/// </summary>
internal sealed class MetricBudget
{
    private readonly Dictionary<ulong, long> _seriesSeenAtMs = [];
    private long _windowBeganAtMs = long.MinValue / 2;
    private int _pointsInWindow;

    /// <summary>Takes all of a message, or says in one line why not, and changes nothing.</summary>
    /// <param name="points">The message.</param>
    /// <param name="uptimeMs">A clock that nobody sets.</param>
    internal string? TryTake(IReadOnlyList<MetricPoint> points, long uptimeMs)
    {
        bool isNewWindow = uptimeMs - _windowBeganAtMs >= MetricLimits.WindowSeconds * 1_000L;
        int before = isNewWindow ? 0 : _pointsInWindow;
        if (before + points.Count > MetricLimits.PointsPerWindow)
        {
            return $"expected at most {MetricLimits.PointsPerWindow} points in {MetricLimits.WindowSeconds} s, found {before + points.Count}";
        }

        HashSet<ulong>? added = null;
        foreach (MetricPoint point in points)
        {
            ulong hash = HashOf(point);
            if (!_seriesSeenAtMs.ContainsKey(hash))
            {
                (added ??= []).Add(hash);
            }
        }

        if (added is not null && _seriesSeenAtMs.Count + added.Count > MetricLimits.SeriesPerVm)
        {
            ForgetIdle(uptimeMs);
            if (_seriesSeenAtMs.Count + added.Count > MetricLimits.SeriesPerVm)
            {
                return $"expected at most {MetricLimits.SeriesPerVm} series (name, unit and labels) of a VM, found {added.Count} new ones besides {_seriesSeenAtMs.Count}";
            }
        }

        foreach (MetricPoint point in points)
        {
            _seriesSeenAtMs[HashOf(point)] = uptimeMs;
        }

        _windowBeganAtMs = isNewWindow ? uptimeMs : _windowBeganAtMs;
        _pointsInWindow = before + points.Count;
        return null;
    }

    private void ForgetIdle(long uptimeMs)
    {
        foreach ((ulong series, long seen) in _seriesSeenAtMs)
        {
            if (uptimeMs - seen >= MetricLimits.SeriesIdleSeconds * 1_000L)
            {
                _seriesSeenAtMs.Remove(series);
            }
        }
    }

    /// <summary>FNV-1a of 64 bits over everything that names a series, with an end behind each text.</summary>
    private static ulong HashOf(MetricPoint point)
    {
        ulong hash = Mix(Mix(14_695_981_039_346_656_037, point.Name), point.Unit);
        foreach ((string name, string value) in point.Labels)
        {
            hash = Mix(Mix(hash, name), value);
        }

        return hash;
    }

    private static ulong Mix(ulong hash, string text)
    {
        const ulong prime = 1_099_511_628_211;
        foreach (char c in text)
        {
            hash = (hash ^ c) * prime;
        }

        // No text has it.
        return (hash ^ char.MaxValue) * prime;
    }
}
