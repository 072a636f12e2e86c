using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace MicroVm.Vmm.Tests.Arch;

/// <summary>Collects what our structures and constants claim about C headers and lets the C compiler judge.</summary>
internal sealed class CHeaderAssertions
{
    private readonly StringBuilder _source = new();

    internal CHeaderAssertions(params string[] headers)
    {
        _source.AppendLine("#define _GNU_SOURCE\n#include <stddef.h>");
        foreach (string header in headers)
        {
            _source.AppendLine($"#include <{header}>");
        }
    }

    /// <summary>Size of <typeparamref name="T"/> equals that of a C type.</summary>
    internal CHeaderAssertions Size<T>(string type)
        where T : unmanaged
    {
        Equal($"sizeof({type})", (ulong)Unsafe.SizeOf<T>());
        return this;
    }

    /// <summary>Each pair names a field of ours and the C member that must be at the same offset.</summary>
    internal CHeaderAssertions Offsets<T>(string type, params (string Field, string Member)[] fields)
        where T : unmanaged
    {
        foreach ((string field, string member) in fields)
        {
            Equal($"offsetof({type}, {member})", (ulong)Marshal.OffsetOf<T>(field));
        }

        return this;
    }

    /// <summary>A C constant expression has this value.</summary>
    internal CHeaderAssertions Equal(string expression, ulong value)
    {
        _source.AppendLine($"_Static_assert((unsigned long)({expression}) == {value}UL, \"{expression} != {value}\");");
        return this;
    }

    /// <summary>The compiler's complaints, empty when every claim holds.</summary>
    internal string Compile()
    {
        ProcessStartInfo start = new("cc", ["-x", "c", "-std=gnu11", "-fsyntax-only", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using Process compiler = Process.Start(start)!;
        compiler.StandardInput.Write(_source);
        compiler.StandardInput.Close();
        string complaints = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        return complaints;
    }
}
