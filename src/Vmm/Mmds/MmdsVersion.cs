namespace MicroVm.Vmm.Mmds;

/// <summary>How the guest may read its metadata.</summary>
internal enum MmdsVersion
{
    /// <summary>With or without a session token.</summary>
    V1,

    /// <summary>Only with a session token.</summary>
    V2,
}
