using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

/// <summary>A null-terminated array of C strings, as execve(2) takes it; freed on dispose.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int _count;

    internal NativeStrings(IReadOnlyList<string> values)
    {
        _count = values.Count;
        // SAFETY: one slot more than strings; each slot is written below before anybody reads it.
        Pointer = (byte**)NativeMemory.Alloc((nuint)(_count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < _count; i++)
        {
            Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }

        Pointer[_count] = null;
    }

    internal byte** Pointer { get; }

    public void Dispose()
    {
        // SAFETY: the strings and the array were allocated in the constructor and nobody else holds them.
        for (int i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointer[i]);
        }

        NativeMemory.Free(Pointer);
    }
}
