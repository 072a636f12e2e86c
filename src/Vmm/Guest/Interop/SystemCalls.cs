using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

/// <summary>Numbers of the calls that go through <see cref="Libc.syscall"/>; x86_64 and the generic table differ.</summary>
internal static class SystemCalls
{
    /// <summary>finit_module(2).</summary>
    internal static nint FinitModule => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 313 : 273;
}
