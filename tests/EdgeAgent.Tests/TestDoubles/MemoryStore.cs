using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Vms;
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
            long batches = 0;
            while (_spool.Count > 1 && (_spool.Sum(b => (long)b.Payload.Length) > limits.Bytes || _spool.Count > limits.Rows))
            {
                batches++;
                _spool.RemoveAt(0);
            }

            return batches;
        }
    }

    public IReadOnlyList<SpooledBatch> ReadBatches(long afterId, int count)
    {
        lock (_lock)
        {
            return [.. _spool.Where(batch => batch.Id > afterId).Take(count)];
        }
    }

    public bool RemoveBatch(Guid bootId, ulong sequence)
    {
        lock (_lock)
        {
            return _spool.RemoveAll(batch => batch.BootId == bootId && batch.Sequence == sequence) > 0;
        }
    }

    public SpoolUsage ReadSpoolUsage()
    {
        lock (_lock)
        {
            return new SpoolUsage(_spool.Sum(batch => (long)batch.Payload.Length), _spool.Count);
        }
    }

    public void Dispose()
    {
    }
}
