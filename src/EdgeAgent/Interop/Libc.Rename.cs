using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

internal static partial class Libc
{
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);

    /// <summary>Gives an entry another name in one step, over what has it; a link itself, not what it leads to (rename(2)).</summary>
    /// <exception cref="OsFaultException">The call failed.</exception>
    internal static void Rename(string from, string to)
    {
        if (rename(from, to) != 0)
        {
            throw new OsFaultException($"rename({from}, {to})", Marshal.GetLastPInvokeError());
        }
    }
}
