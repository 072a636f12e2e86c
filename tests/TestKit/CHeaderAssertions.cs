using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace MicroVm.TestKit;

/// <summary>Collects what our structures and constants claim about C headers and lets the C compiler of an architecture judge.</summary>
public sealed class CHeaderAssertions
{
    private readonly StringBuilder _source = new();

    /// <summary>Claims about these headers.</summary>
    public CHeaderAssertions(params string[] headers)
    {
        _source.AppendLine("#define _GNU_SOURCE\n#include <stddef.h>");
        foreach (string header in headers)
        {
            _source.AppendLine($"#include <{header}>");
        }
    }

    /// <summary>Size of <typeparamref name="T"/> equals that of a C type.</summary>
    public CHeaderAssertions Size<T>(string type)
        where T : unmanaged
    {
        Equal($"sizeof({type})", (ulong)Unsafe.SizeOf<T>());
        return this;
    }

    /// <summary>Each pair names a field of ours and the C member that must be at the same offset.</summary>
    public CHeaderAssertions Offsets<T>(string type, params (string Field, string Member)[] fields)
        where T : unmanaged
    {
        foreach ((string field, string member) in fields)
        {
            Equal($"offsetof({type}, {member})", (ulong)Marshal.OffsetOf<T>(field));
        }

        return this;
    }

    /// <summary>A C constant expression has this value.</summary>
    public CHeaderAssertions Equal(string expression, ulong value)
    {
        _source.AppendLine($"_Static_assert((unsigned long)({expression}) == {value}UL, \"{expression} != {value}\");");
        return this;
    }

    /// <summary>The complaints of this architecture's compiler, empty when every claim holds.</summary>
    public string Compile(CTarget target = CTarget.X64)
    {
        string name = target == CTarget.Arm64 ? "aarch64-linux-gnu-gcc" : "x86_64-linux-gnu-gcc";
        ProcessStartInfo start = new(name, ["-x", "c", "-std=gnu11", "-fsyntax-only", "-"])
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
