namespace MicroVm.Vmm.Interop.Kvm;

/// <summary>Request numbers of <c>&lt;linux/kvm.h&gt;</c>; a test compares each with the header.</summary>
internal static class KvmIoctl
{
    internal const uint GetApiVersion = 0xAE00;
    internal const uint CreateVm = 0xAE01;
    internal const uint CheckExtension = 0xAE03;
    internal const uint GetVcpuMmapSize = 0xAE04;
    internal const uint GetSupportedCpuid = 0xC008AE05;
    internal const uint CreateVcpu = 0xAE41;
    internal const uint SetTssAddress = 0xAE47;
    internal const uint SetIdentityMapAddress = 0x4008AE48;
    internal const uint SetUserMemoryRegion = 0x4020AE46;
    internal const uint RegisterCoalescedMmio = 0x4010AE67;
    internal const uint Ioeventfd = 0x4040AE79;
    internal const uint Run = 0xAE80;
    internal const uint GetRegs = 0x8090AE81;
    internal const uint SetRegs = 0x4090AE82;
    internal const uint GetSregs = 0x8138AE83;
    internal const uint SetSregs = 0x4138AE84;
    internal const uint GetMsrs = 0xC008AE88;
    internal const uint SetMsrs = 0x4008AE89;
    internal const uint SetSignalMask = 0x4004AE8B;
    internal const uint SetCpuid2 = 0x4008AE90;
    internal const uint SignalMsi = 0x4020AEA5;
    internal const uint EnableCap = 0x4068AEA3;

    // 64-bit Arm.
    internal const uint IrqLine = 0x4008AE61;
    internal const uint SetVcpuEvents = 0x4040AEA0;
    internal const uint GetOneReg = 0x4010AEAB;
    internal const uint SetOneReg = 0x4010AEAC;
    internal const uint ArmVcpuInit = 0x4020AEAE;
    internal const uint ArmPreferredTarget = 0x8020AEAF;
    internal const uint ArmVcpuFinalize = 0x4004AEC2;
    internal const uint CreateDevice = 0xC00CAEE0;
    internal const uint SetDeviceAttr = 0x4018AEE1;
}
