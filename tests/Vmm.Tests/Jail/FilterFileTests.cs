using System.Runtime.InteropServices;
using CsCheck;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail.Filters;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Jail;

public sealed class FilterFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SockFilter[] Read(byte[] bytes)
    {
        string path = _folder.File("x.bpf");
        File.WriteAllBytes(path, bytes);
        return FilterFile.Read(path);
    }

    private static byte[] Bytes(params SockFilter[] program) => MemoryMarshal.AsBytes(program.AsSpan()).ToArray();

    private static SockFilter Load(uint offset) => new() { Code = FilterBuilder.Load, Operand = offset };

    private static SockFilter Jump(byte whenTrue, byte whenFalse) => new() { Code = FilterBuilder.JumpIfEqual, JumpTrue = whenTrue, JumpFalse = whenFalse };

    private static SockFilter Return() => new() { Code = FilterBuilder.Return, Operand = FilterBuilder.Allowed };

    [Fact]
    public void Read_AProgram_GivesItsInstructions()
    {
        SockFilter[] program = Read(Bytes(Load(16), Jump(0, 1), Return(), Return()));
        Assert.Equal([0x20, 0x15, 0x06, 0x06], program.Select(instruction => (int)instruction.Code));
        Assert.Equal(FilterBuilder.Allowed, program[3].Operand);
    }

    [Fact]
    public void Read_LongestProgram_IsTakenAndOneInstructionMoreIsNot()
    {
        Assert.Equal(4096, Read(Bytes([.. Enumerable.Repeat(Return(), 4096)])).Length);
        Assert.Contains("1 to 4096", Refused(Bytes([.. Enumerable.Repeat(Return(), 4097)])), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhatTheKernelWouldNotTake_NamesTheFault()
    {
        Assert.Contains("found 0 bytes", Refused([]), StringComparison.Ordinal);
        Assert.Contains("found 15 bytes", Refused(Bytes(Return(), Return())[..15]), StringComparison.Ordinal);
        Assert.Contains("ends with a return", Refused(Bytes(Load(0))), StringComparison.Ordinal);
        Assert.Contains("jumps within itself", Refused(Bytes(Load(0), Jump(0, 1), Return())), StringComparison.Ordinal);
        Assert.Contains("jumps within itself", Refused(Bytes(new SockFilter { Code = 5, Operand = uint.MaxValue }, Return())), StringComparison.Ordinal);
        Assert.Contains("code 0xffff at 0", Refused(Bytes(new SockFilter { Code = 0xffff }, Return())), StringComparison.Ordinal);
        Assert.Contains("offset 64 at 0", Refused(Bytes(Load(64), Return())), StringComparison.Ordinal);
        Assert.Contains("offset 2 at 0", Refused(Bytes(Load(2), Return())), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingFile_NamesCallAndPath()
    {
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => FilterFile.Read(_folder.File("none")));
        Assert.Equal(ExitCode.FileFault, fault.Code);
        Assert.Contains("none", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnyBytes_IsAProgramOrOneFault() =>
        Gen.Byte.Array[0, 64].Sample(
            bytes =>
            {
                try
                {
                    return Read(bytes).Length == bytes.Length / 8;
                }
                catch (VmmFaultException fault)
                {
                    return fault.Code == ExitCode.BadConfiguration;
                }
            },
            iter: 500,
            threads: 1);

    private string Refused(byte[] bytes)
    {
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => Read(bytes));
        Assert.Equal(ExitCode.BadConfiguration, fault.Code);
        return fault.Message;
    }
}
