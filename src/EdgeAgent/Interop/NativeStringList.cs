using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

/// <summary>A null-terminated array of C strings outside the managed heap.</summary>
internal sealed unsafe class NativeStringList : IDisposable
{
    private readonly int _count;

    internal NativeStringList(IReadOnlyList<string> texts)
    {
        // SAFETY: room for every pointer and the terminating null; each string is its own allocation and freed in Dispose.
        _count = texts.Count;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < _count; i++)
        {
            Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        }
    }

    /// <summary>The array, valid until this is disposed.</summary>
    internal byte** Pointer { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Pointer is null)
        {
            return;
        }

        // SAFETY: the same count as allocated; the pointer is forgotten afterwards.
        for (int i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointer[i]);
        }

        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
