using System.Buffers.Binary;

namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>
/// Code for vCPU 1 that writes pseudo-random values to pseudo-random registers of a device, so many times, then sets a flag and halts.
/// vCPU 0 starts it with INIT and SIPI. It goes from real mode to flat 32-bit code without paging.
/// </summary>
internal static class SecondVcpu
{
    /// <summary>Where it runs: below 1 MiB, on a page that the tiny guests do not use.</summary>
    private const uint Start = 0x8000;
    private const uint Flag = Start + 0x800;

    private const uint LocalApic = 0xfee0_0000;
    private const uint SpuriousVector = LocalApic + 0xf0;
    private const uint CommandLow = LocalApic + 0x300;
    private const uint CommandHigh = LocalApic + 0x310;

    /// <summary>Emits what starts it.</summary>
    internal static void EmitStart(GuestProgram program, uint window, int writes)
    {
        byte[] code = Code(window, writes);
        program.Copy(Start, program.Data(code), (uint)code.Length)
            .Store32(Flag, 0)
            .MapDeviceMemory(LocalApic)
            .Store32(SpuriousVector, 0x1ff);
        foreach (uint command in (uint[])[0x4500, 0x4600 | (Start >> 12)]) // INIT, then SIPI with the page
        {
            program.Store32(CommandHigh, 1 << 24).Store32(CommandLow, command);
        }
    }

    /// <summary>Emits the wait for its end.</summary>
    internal static void EmitWait(GuestProgram program) => program.WaitForBits32(Flag, 1);

    private static byte[] Code(uint window, int writes)
    {
        byte[] code =
        [
            0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16, 0x78, 0x00, // cli; lgdt cs:[0x78]
            0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, // mov eax, cr0; or al, 1; mov cr0, eax
            0x66, 0xea, 0x18, 0x80, 0x00, 0x00, 0x08, 0x00, // jmp 8:0x8018
            0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8, 0x8e, 0xc0, // mov ax, 16; mov ds, ax; mov es, ax
            0xbf, 0, 0, 0, 0, 0xbe, 0, 0, 0, 0, // mov edi, window; mov esi, writes
            0x69, 0xc0, 0x6d, 0x4e, 0xc6, 0x41, 0x05, 0x39, 0x30, 0x00, 0x00, // imul eax, eax, 0x41c64e6d; add eax, 12345
            0x89, 0xc1, 0xc1, 0xe9, 0x10, 0x89, 0xca, 0x81, 0xe2, 0xfc, 0x00, 0x00, 0x00, // ecx = eax >> 16; edx = ecx & 0xfc
            0x83, 0xe1, 0x0f, 0x89, 0x0c, 0x17, 0x8b, 0x1c, 0x17, // and ecx, 15; mov [edi + edx], ecx; mov ebx, [edi + edx]
            0x4e, 0x75, 0xdc, // dec esi; jne to the imul
            0xc7, 0x05, 0x00, 0x88, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0xf4, 0xeb, 0xfd, // mov dword [0x8800], 1; hlt for ever
        ];
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(33), window);
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(38), writes);
        byte[] tables = [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x92, 0xcf, 0, 0x17, 0, 0x60, 0x80, 0, 0];
        byte[] whole = new byte[0x60 + tables.Length];
        code.CopyTo(whole, 0);
        tables.CopyTo(whole, 0x60);
        return whole;
    }
}
