using MicroVm.Vmm.Arch.X64.Acpi;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class AmlWriterTests
{
    private readonly AmlWriter _aml = new();

    [Fact]
    public void NameEisaId_Pnp0501_IsCompressedBigEndian()
    {
        _aml.NameEisaId("_HID", "PNP0501");
        Assert.Equal([0x08, .. "_HID"u8, 0x0c, 0x41, 0xd0, 0x05, 0x01], _aml.ToArray());
    }

    [Theory]
    [InlineData(0u, new byte[] { 0x00 })]
    [InlineData(1u, new byte[] { 0x01 })]
    [InlineData(0x80u, new byte[] { 0x0a, 0x80 })]
    [InlineData(0x100u, new byte[] { 0x0c, 0, 1, 0, 0 })]
    public void NameInteger_Value_TakesTheShortestForm(uint value, byte[] encoded)
    {
        _aml.NameInteger("_UID", value);
        Assert.Equal([0x08, .. "_UID"u8, .. encoded], _aml.ToArray());
    }

    [Fact]
    public void End_Scope_CountsFromItsLengthField()
    {
        _aml.BeginScope("\\_SB_");
        _aml.NameInteger("_UID", 1);
        _aml.End();
        // 3 length bytes, 5 of the path, 6 of the name: 14.
        Assert.Equal([0x10, 0x8e, 0x00, 0x00, (byte)'\\', .. "_SB_"u8, 0x08, .. "_UID"u8, 0x01], _aml.ToArray());
    }

    [Fact]
    public void End_LongTerm_SpreadsLengthOverThreeBytes()
    {
        _aml.BeginScope("\\_SB_");
        for (int i = 0; i < 1000; i++)
        {
            _aml.NameInteger("_UID", 1);
        }

        _aml.End();
        byte[] bytes = _aml.ToArray();
        int length = (bytes[1] & 0xf) | (bytes[2] << 4) | (bytes[3] << 12);
        Assert.Equal(bytes.Length - 1, length);
    }

    [Fact]
    public void ToArray_OpenTerm_IsADefect()
    {
        _aml.BeginDevice("COM1");
        Assert.Throws<InvalidOperationException>(() => _aml.ToArray());
    }

    [Fact]
    public void Notify_NestedPath_UsesTheDualNamePrefix()
    {
        _aml.Notify("\\_SB_.PWRB", 0x80);
        Assert.Equal([0x86, (byte)'\\', 0x2e, .. "_SB_PWRB"u8, 0x0a, 0x80], _aml.ToArray());
    }
}
