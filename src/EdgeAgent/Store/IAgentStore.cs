using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Store;

/// <summary>
/// What the device keeps over a restart. Every method that writes returns after its change is durable, all of it or
/// none, or throws <see cref="StoreException"/>. Methods may be called from any thread.
/// </summary>
internal interface IAgentStore : IDisposable
{
    /// <summary>The desired-state document; null before the first.</summary>
    DesiredDocument? LoadDesired();

    /// <summary>Replaces the desired-state document.</summary>
    void SaveDesired(DesiredDocument document);

    /// <summary>Every VM record, ordered by name.</summary>
    IReadOnlyList<VmRecord> LoadVms();

    /// <summary>Adds or replaces a VM's record.</summary>
    void SaveVm(VmRecord record);

    /// <summary>Removes a VM's record.</summary>
    void RemoveVm(ResourceName name);

    /// <summary>What every VM has of the device's network.</summary>
    IReadOnlyList<VmLink> LoadLinks();

    /// <summary>Adds or replaces what a VM has of the network.</summary>
    void SaveLink(VmLink link);

    /// <summary>Gives back what a VM had of the network.</summary>
    void RemoveLink(ResourceName name);

    /// <summary>A text that the device made once and keeps; null before that.</summary>
    string? LoadSetting(string name);

    /// <summary>Keeps a text.</summary>
    void SaveSetting(string name, string value);

    /// <summary>
    /// Appends a batch and drops what is over the limits, in one step: the oldest of the least class first, and whatever is too old.
    /// What is dropped is added to <see cref="SpoolUsage.Losses"/>, and so is <see cref="SpooledBatch.LostBefore"/>.
    /// </summary>
    /// <returns>How many batches were dropped.</returns>
    long AppendBatch(SpooledBatch batch, SpoolLimits limits);

    /// <summary>At most <paramref name="count"/> batches after one, oldest first.</summary>
    IReadOnlyList<SpooledBatch> ReadBatches(long afterId, int count);

    /// <summary>Removes a batch that the control plane has, or one that is lost because it cannot read it; false when it is not there.</summary>
    /// <param name="bootId">Start of the agent that made it.</param>
    /// <param name="sequence">Its number in that.</param>
    /// <param name="isLost">It is added to <see cref="SpoolUsage.Losses"/>, in one step.</param>
    bool RemoveBatch(Guid bootId, ulong sequence, bool isLost = false);

    /// <summary>How much is spooled.</summary>
    SpoolUsage ReadSpoolUsage();
}
