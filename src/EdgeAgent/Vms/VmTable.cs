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

    /// <summary>Raised after a record became another, with both; null where there is none.</summary>
    internal event Action<VmEntry, VmRecord?, VmRecord?>? RecordChanged;

    /// <summary>Raised after a remark became another, with both.</summary>
    internal event Action<VmEntry, VmRemark?, VmRemark?>? RemarkChanged;

    /// <summary>Raised after the probes of a VM said something else, with both.</summary>
    internal event Action<VmEntry, VmHealth?, VmHealth>? HealthChanged;

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
        VmRecord? before;
        VmRecord next;
        lock (entry.Lock)
        {
            before = entry.Record;
            next = change(before);
            if (next == before)
            {
                return;
            }

            store.SaveVm(next);
            entry.Record = next;
        }

        RecordChanged?.Invoke(entry, before, next);
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
        VmRecord? record;
        VmRecord next;
        lock (entry.Lock)
        {
            record = entry.Record;
            if (record is null || (next = change(record)) == record)
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

        RecordChanged?.Invoke(entry, record, next);
        Changed?.Invoke();
        return fault;
    }

    /// <summary>Says something about a VM, or nothing any more.</summary>
    internal void SetRemark(VmEntry entry, VmRemark? remark)
    {
        VmRemark? before = entry.Remark;
        if (before != remark)
        {
            entry.Remark = remark;
            RemarkChanged?.Invoke(entry, before, remark);
            Changed?.Invoke();
        }
    }

    /// <summary>Sets what the probes say.</summary>
    internal void SetHealth(VmEntry entry, VmHealth health)
    {
        VmHealth? before = entry.Health;
        if (before != health)
        {
            entry.Health = health;
            HealthChanged?.Invoke(entry, before, health);
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
        VmRecord? before;
        lock (entry.Lock)
        {
            before = entry.Record;
            store.RemoveVm(entry.Name);
            entry.Record = null;
            _entries.TryRemove(entry.Name, out _);
        }

        RecordChanged?.Invoke(entry, before, null);
        Changed?.Invoke();
    }
}
