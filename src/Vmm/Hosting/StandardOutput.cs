using System.Text;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Hosting;

/// <summary>Text to standard output without the Console class, whose encodings and terminal handling would stay resident.</summary>
internal static unsafe class StandardOutput
{
    private const int Descriptor = 1;

    internal static void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        // SAFETY: pinned for the call.
        fixed (byte* pointer = bytes)
        {
            _ = Libc.write(Descriptor, pointer, (nuint)bytes.Length);
        }
    }
}
