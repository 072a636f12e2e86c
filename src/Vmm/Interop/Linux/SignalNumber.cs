namespace MicroVm.Vmm.Interop.Linux;

/// <summary>Signals this process uses, numbered as on x86_64 and aarch64.</summary>
internal static class SignalNumber
{
    internal const int Interrupt = 2;
    internal const int Pipe = 13;
    internal const int Terminate = 15;

    /// <summary>Kicks a vCPU out of KVM_RUN. glibc keeps 32 and 33 and the .NET runtime takes 34 (SIGRTMIN) to suspend threads.</summary>
    internal const int VcpuKick = 36;
}
