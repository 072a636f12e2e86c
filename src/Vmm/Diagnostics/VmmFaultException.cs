namespace MicroVm.Vmm.Diagnostics;

/// <summary>Something outside this program is wrong. The message is the one line the operator gets; the code is how the process ends.</summary>
internal sealed class VmmFaultException(ExitCode code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The exit code of the process when nobody handles this.</summary>
    internal ExitCode Code { get; } = code;
}
