using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>getauxval(3).</summary>
    [LibraryImport("libc", EntryPoint = "getauxval")]
    internal static partial nuint getauxval(nuint type);
}
