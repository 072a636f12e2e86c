namespace MicroVm.EdgeAgent.Store;

/// <summary>What a batch holds, in the order in which it is dropped when the spool is full. The numbers are in the database.</summary>
internal enum SpoolClass
{
    /// <summary>Samples of the device and of VMs: there will be more.</summary>
    Samples = 0,

    /// <summary>What workloads measured themselves.</summary>
    Metrics = 1,

    /// <summary>What happened.</summary>
    Events = 2,
}
