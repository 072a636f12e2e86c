namespace MicroVm.Vmm.Control;

/// <summary>How a drive's requests are served.</summary>
internal enum DriveIoEngine
{
    /// <summary>One after the other, on the thread that serves every device.</summary>
    Sync,

    /// <summary>By the kernel or a thread, while the devices go on.</summary>
    Async,
}
