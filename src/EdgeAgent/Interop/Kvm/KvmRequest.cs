namespace MicroVm.EdgeAgent.Interop.Kvm;

/// <summary>What the agent asks of KVM to look at a host: request numbers of <c>&lt;linux/kvm.h&gt;</c>; a test compares each with the header.</summary>
internal static class KvmRequest
{
    internal const uint GetApiVersion = 0xAE00;
    internal const uint CreateVm = 0xAE01;
    internal const uint CheckExtension = 0xAE03;
    internal const uint GetVcpuMmapSize = 0xAE04;
    internal const uint GetSupportedCpuid = 0xC008AE05;
    internal const uint CreateVcpu = 0xAE41;
    internal const uint SetUserMemoryRegion = 0x4020AE46;
    internal const uint SetTssAddress = 0xAE47;
    internal const uint SetIdentityMapAddress = 0x4008AE48;
    internal const uint Run = 0xAE80;
    internal const uint SetRegs = 0x4090AE82;
    internal const uint GetSregs = 0x8138AE83;
    internal const uint SetSregs = 0x4138AE84;
    internal const uint SetCpuid2 = 0x4008AE90;
    internal const uint CreateDevice = 0xC00CAEE0;
}
