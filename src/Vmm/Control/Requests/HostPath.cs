namespace MicroVm.Vmm.Control.Requests;

/// <summary>Limits of paths on the host.</summary>
internal static class HostPath
{
    /// <summary>PATH_MAX of <c>&lt;linux/limits.h&gt;</c> without the NUL.</summary>
    internal const int MaxBytes = 4095;
}
