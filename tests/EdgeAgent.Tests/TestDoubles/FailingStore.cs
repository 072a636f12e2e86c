using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>A store whose disk is broken while <see cref="Broken"/> is set, and hangs in <see cref="Hang"/>.</summary>
internal sealed class FailingStore(IAgentStore inner) : IAgentStore
{
    internal volatile bool Broken;

    /// <summary>Every call waits here.</summary>
    internal Action Hang { get; set; } = static () => { };

    public DesiredDocument? LoadDesired() => Try(inner.LoadDesired);

    public void SaveDesired(DesiredDocument document) => Try(() => inner.SaveDesired(document));

    public IReadOnlyList<VmRecord> LoadVms() => Try(inner.LoadVms);

    public void SaveVm(VmRecord record) => Try(() => inner.SaveVm(record));

    public void RemoveVm(ResourceName name) => Try(() => inner.RemoveVm(name));

    public IReadOnlyList<VmLink> LoadLinks() => Try(inner.LoadLinks);

    public void SaveLink(VmLink link) => Try(() => inner.SaveLink(link));

    public void RemoveLink(ResourceName name) => Try(() => inner.RemoveLink(name));

    public string? LoadSetting(string name) => Try(() => inner.LoadSetting(name));

    public void SaveSetting(string name, string value) => Try(() => inner.SaveSetting(name, value));

    public long AppendBatch(SpooledBatch batch, SpoolLimits limits) => Try(() => inner.AppendBatch(batch, limits));

    public IReadOnlyList<SpooledBatch> ReadBatches(long afterId, int count) => Try(() => inner.ReadBatches(afterId, count));

    public bool RemoveBatch(Guid bootId, ulong sequence, bool isLost) => Try(() => inner.RemoveBatch(bootId, sequence, isLost));

    public SpoolUsage ReadSpoolUsage() => Try(inner.ReadSpoolUsage);

    public void Dispose() => inner.Dispose();

    private T Try<T>(Func<T> body)
    {
        Hang();
        return Broken ? throw new StoreException("disk I/O error") : body();
    }

    private void Try(Action body) => Try(() =>
    {
        body();
        return true;
    });
}
