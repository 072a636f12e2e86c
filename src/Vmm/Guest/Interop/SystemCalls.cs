using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

/// <summary>Numbers of the calls that go through <see cref="Libc.syscall"/>; x86_64 and the generic table differ.</summary>
internal static class SystemCalls
{
    internal const int FinitModuleOnX64 = 313, FinitModuleOnArm64 = 273;

    /// <summary>finit_module(2).</summary>
    internal static nint FinitModule =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? FinitModuleOnArm64 : FinitModuleOnX64;
}
