using System.Collections.Concurrent;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>Every VM that the device knows, and the only way to change a record: it is durable before it is seen.</summary>
internal sealed class VmTable(IAgentStore store)
{
    private readonly ConcurrentDictionary<ResourceName, VmEntry> _entries = new();

    /// <summary>Raised after a VM's record, remark or instance changed.</summary>
    internal event Action? Changed;

    /// <summary>All VMs, ordered by name.</summary>
    internal IReadOnlyList<VmEntry> All() => [.. _entries.Values.OrderBy(entry => entry.Name.Value, StringComparer.Ordinal)];

    /// <summary>A VM; null when it is not known.</summary>
    internal VmEntry? Find(ResourceName name) => _entries.GetValueOrDefault(name);

    /// <summary>A VM, made known when it is not.</summary>
    internal VmEntry GetOrAdd(ResourceName name) => _entries.GetOrAdd(name, static key => new VmEntry(key));

    /// <summary>Takes over a record that is durable already.</summary>
    internal VmEntry Load(VmRecord record)
    {
        VmEntry entry = GetOrAdd(record.Name);
        entry.Record = record;
        return entry;
    }

    /// <summary>Changes a record: durable first, then seen. An unchanged record is not written.</summary>
    /// <exception cref="StoreException">It could not be made durable; nothing changed.</exception>
    internal void Save(VmEntry entry, Func<VmRecord?, VmRecord> change)
    {
        lock (entry.Lock)
        {
            VmRecord next = change(entry.Record);
            if (next == entry.Record)
            {
                return;
            }

            store.SaveVm(next);
            entry.Record = next;
        }

        Changed?.Invoke();
    }

    /// <summary>
    /// Changes a record by something that has happened anyway: seen even when it could not be made durable, because the
    /// next start of the agent finds out the same from the process.
    /// </summary>
    /// <returns>Null, or why it is not durable.</returns>
    internal StoreException? Note(VmEntry entry, Func<VmRecord, VmRecord> change)
    {
        StoreException? fault = null;
        lock (entry.Lock)
        {
            if (entry.Record is not VmRecord record || change(record) is not VmRecord next || next == record)
            {
                return null;
            }

            try
            {
                store.SaveVm(next);
            }
            catch (StoreException e)
            {
                fault = e;
            }

            entry.Record = next;
        }

        Changed?.Invoke();
        return fault;
    }

    /// <summary>Says something about a VM, or nothing any more.</summary>
    internal void SetRemark(VmEntry entry, VmRemark? remark)
    {
        if (entry.Remark != remark)
        {
            entry.Remark = remark;
            Changed?.Invoke();
        }
    }

    /// <summary>Sets the live VM, or none.</summary>
    internal void SetInstance(VmEntry entry, VmInstance? instance)
    {
        entry.Instance = instance;
        Changed?.Invoke();
    }

    /// <summary>Forgets a VM.</summary>
    /// <exception cref="StoreException">Its record could not be removed; it stays known.</exception>
    internal void Remove(VmEntry entry)
    {
        lock (entry.Lock)
        {
            store.RemoveVm(entry.Name);
            entry.Record = null;
            _entries.TryRemove(entry.Name, out _);
        }

        Changed?.Invoke();
    }
}
