using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>The store's contract without a disk.</summary>
internal sealed class MemoryStore : IAgentStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, VmRecord> _vms = new(StringComparer.Ordinal);
    private readonly List<SpooledBatch> _spool = [];
    private readonly SortedDictionary<string, VmLink> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _settings = [];
    private DesiredDocument? _desired;
    private long _lastId;
    private TelemetryLosses _losses;

    public DesiredDocument? LoadDesired() => _desired;

    public void SaveDesired(DesiredDocument document) => _desired = document;

    public IReadOnlyList<VmRecord> LoadVms()
    {
        lock (_lock)
        {
            return [.. _vms.Values];
        }
    }

    public void SaveVm(VmRecord record)
    {
        lock (_lock)
        {
            _vms[record.Name.Value] = record;
        }
    }

    public void RemoveVm(ResourceName name)
    {
        lock (_lock)
        {
            _vms.Remove(name.Value);
        }
    }

    public IReadOnlyList<VmLink> LoadLinks()
    {
        lock (_lock)
        {
            return [.. _links.Values];
        }
    }

    public void SaveLink(VmLink link)
    {
        lock (_lock)
        {
            _links[link.Vm.Value] = link;
        }
    }

    public void RemoveLink(ResourceName name)
    {
        lock (_lock)
        {
            _links.Remove(name.Value);
        }
    }

    public string? LoadSetting(string name)
    {
        lock (_lock)
        {
            return _settings.GetValueOrDefault(name);
        }
    }

    public void SaveSetting(string name, string value)
    {
        lock (_lock)
        {
            _settings[name] = value;
        }
    }

    public long AppendBatch(SpooledBatch batch, SpoolLimits limits)
    {
        lock (_lock)
        {
            _spool.Add(batch with { Id = ++_lastId });
            _losses += batch.LostBefore;
            int before = _spool.Count;
            long last = limits.OldestUnixMs is long oldest
                ? _spool.Where(one => one.Clock == ClockQuality.Synchronised && one.BaseUnixMs < oldest).Select(one => one.Id).DefaultIfEmpty().Max()
                : 0;
            foreach (SpooledBatch old in _spool.SkipLast(1).Where(one => one.Id <= last).ToList())
            {
                Drop(old);
            }

            while (_spool.Count > 1 && (_spool.Sum(b => (long)b.Payload.Length) > limits.Bytes || _spool.Count > limits.Rows))
            {
                Drop(_spool.OrderBy(one => one.Class).ThenBy(one => one.Id).First());
            }

            return before - _spool.Count;
        }
    }

    private void Drop(SpooledBatch batch)
    {
        _spool.Remove(batch);
        _losses += SpoolDecisions.LossOf(batch.Class, batch.Items);
    }

    public IReadOnlyList<SpooledBatch> ReadBatches(long afterId, int count)
    {
        lock (_lock)
        {
            return [.. _spool.Where(batch => batch.Id > afterId).Take(count)];
        }
    }

    public bool RemoveBatch(Guid bootId, ulong sequence, bool isLost)
    {
        lock (_lock)
        {
            foreach (SpooledBatch batch in isLost ? _spool.Where(batch => batch.BootId == bootId && batch.Sequence == sequence) : [])
            {
                _losses += SpoolDecisions.LossOf(batch.Class, batch.Items);
            }

            return _spool.RemoveAll(batch => batch.BootId == bootId && batch.Sequence == sequence) > 0;
        }
    }

    public SpoolUsage ReadSpoolUsage()
    {
        lock (_lock)
        {
            return new SpoolUsage(_spool.Sum(batch => (long)batch.Payload.Length), _spool.Count, _losses);
        }
    }

    public void Dispose()
    {
    }
}
